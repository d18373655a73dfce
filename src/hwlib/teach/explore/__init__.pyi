<<<<<<< HEAD
from .backprop_chain import sweep_explorer as sweep_explorer
from .backprop_layers import batch_backward_explorer as batch_backward_explorer
=======
from .act_softmax import softmax_explorer as softmax_explorer
from .act_swish import swish_explorer as swish_explorer
>>>>>>> fab913c (Chapters on Swish and softmax: bounds, symmetries, first floats that fail, errors in ulps)
from .conv_counting import cost_explorer as cost_explorer
from .conv_gradients import gradient_explorer as gradient_explorer
from .conv_matrix import conv_explorer as conv_explorer
from .conv_matrix import conv_links as conv_links
from .conv_transpose import conv_transpose_explorer as conv_transpose_explorer
from .depth_counting import training_explorer as training_explorer
from .depth_folding import folding_explorer as folding_explorer
from .logic_networks import signals_explorer as signals_explorer
from .logic_neuron import neuron_explorer as neuron_explorer
from .opt_curvature import difference_explorer as difference_explorer
from .opt_curvature import newton_explorer as newton_explorer
from .opt_double_descent import double_descent_explorer as double_descent_explorer
from .opt_min_norm import descent_explorer as descent_explorer
from .pwl_kinks import approximation_explorer as approximation_explorer
from .pwl_pieces import piece_explorer as piece_explorer
from .receptive_corners import corners_explorer as corners_explorer
from .receptive_field import receptive_explorer as receptive_explorer
