# What `hwlib` offers at the top, for type checkers and for lazy_loader, which reads this file when it runs.
from . import conv as conv
from . import logic as logic
from . import network as network
from . import optim as optim
from . import pieces as pieces
from . import receptive as receptive
from . import regions as regions
from . import teach as teach
from .conv import conv_cost as conv_cost
from .conv import conv_matrix as conv_matrix
from .conv import conv_transpose_matrix as conv_transpose_matrix
from .conv import input_gradient as input_gradient
from .conv import kernel_gradient as kernel_gradient
from .conv import measured_costs as measured_costs
from .conv import output_shape as output_shape
from .conv import symbolic_conv_matrix as symbolic_conv_matrix
from .logic import boolean_function as boolean_function
from .logic import prove_gate as prove_gate
from .logic import separate as separate
from .network import Network as Network
from .optim import expected_risk as expected_risk
from .optim import gradient_descent as gradient_descent
from .optim import hessian_operator as hessian_operator
from .optim import newton_path as newton_path
from .pieces import PiecewiseLinear as PiecewiseLinear
from .pieces import pieces_of as pieces_of
from .pieces import relu_network as relu_network
from .receptive import effective_field as effective_field
from .receptive import receptive_field as receptive_field
from .regions import count_regions as count_regions
from .regions import enumerate_regions as enumerate_regions
from .teach import check as check
from .teach import explore as explore
from .teach import plot as plot
from .teach import record as record

__version__: str
