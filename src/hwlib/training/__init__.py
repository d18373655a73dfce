"""Training: the loop, descent with momentum, learning curves, early stopping, checkpoints (chapter *train_loop*)."""

from hwlib.training._checkpoint import load_checkpoint, save_checkpoint
from hwlib.training._curves import Curves
from hwlib.training._fit import Augmentation, Preparation, fit
from hwlib.training._ideas import IDEAS, Classifier, Idea, Outcomes, stored_ideas, train_idea, try_idea
from hwlib.training._loop import (
    Batch,
    batches,
    evaluate,
    evaluation_mode,
    every_layer,
    set_training,
    train_epoch,
    train_step,
)
from hwlib.training._score import Score, accuracy, mean_score
from hwlib.training._sgd import SGD, stable_learning_rate
from hwlib.training._stored import StoredCurves, stored_curves

__all__ = [
    "IDEAS",
    "SGD",
    "Augmentation",
    "Batch",
    "Classifier",
    "Curves",
    "Idea",
    "Outcomes",
    "Preparation",
    "Score",
    "StoredCurves",
    "accuracy",
    "batches",
    "evaluate",
    "evaluation_mode",
    "every_layer",
    "fit",
    "load_checkpoint",
    "mean_score",
    "save_checkpoint",
    "set_training",
    "stable_learning_rate",
    "stored_curves",
    "stored_ideas",
    "train_epoch",
    "train_idea",
    "train_step",
    "try_idea",
]
