"""hwlib.teach and hwlib.teach: pages that answer back, and numbers that prose can quote."""

from __future__ import annotations

import pytest

from hwlib.teach import Choice, Question, Quiz, record
from hwlib.teach.exercises.conv_matrix import QUIZ

RIGHT, WRONG = Choice("yes", "Indeed.", right=True), Choice("no", "A common slip.")


@pytest.mark.parametrize("choices", [[RIGHT], [RIGHT, RIGHT], [WRONG, WRONG], []])
def test_a_question_has_exactly_one_right_choice(choices):
    with pytest.raises(ValueError, match="two or more with exactly one right"):
        Question("Is it?", choices)


def test_a_quiz_has_a_question():
    with pytest.raises(ValueError, match="at least one question"):
        Quiz()


def test_each_choice_is_a_labelled_radio_button_followed_by_its_own_feedback():
    page = Quiz(Question("Is it?", [WRONG, RIGHT]))._repr_html_()
    assert page.count('<label><input type="radio"') == 2
    assert (
        page.index("> no</label>") < page.index("A common slip.") < page.index("> yes</label>") < page.index("Indeed.")
    )
    assert "<script" not in page


def test_questions_have_names_of_their_own_that_are_the_same_on_every_build():
    first, second = (Quiz(Question(text, [WRONG, RIGHT]))._repr_html_() for text in ("Is it?", "Was it?"))
    name = first.split('name="')[1].split('"')[0]
    assert name not in second
    assert name in Quiz(Question("Is it?", [WRONG, RIGHT]))._repr_html_()


def test_the_chapter_s_quiz_has_three_questions_with_feedback_for_each_choice():
    assert len(QUIZ.questions) == 3
    assert all(choice.feedback for question in QUIZ.questions for choice in question.choices)


def test_recorded_values_carry_the_names_that_prose_quotes():
    from IPython.core.interactiveshell import InteractiveShell
    from IPython.utils.capture import capture_output

    InteractiveShell.instance()
    try:
        with capture_output() as captured:
            record(rows=4, columns="405,900")
    finally:
        InteractiveShell.clear_instance()
    published = [(output.metadata["scrapbook"]["name"], output.data) for output in captured.outputs]
    assert published == [
        ("rows", {"application/papermill.record/text/plain": "'4'"}),
        ("columns", {"application/papermill.record/text/plain": "'405,900'"}),
    ]
