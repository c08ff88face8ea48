"""The page Learn: a lesson above the pictures, and only the controls that it needs."""

from __future__ import annotations

import dataclasses

from nicegui import ui

from talweg.app.lessons import LESSONS
from talweg.app.page import group
from talweg.app.state import SurfaceState
from talweg.app.surface_page import SCALES, SurfacePage


class LearnPage(SurfacePage):
    """One lesson; where its controls stand is in the address, as on the page Surface."""

    address = "/learn"

    def __init__(self, state: SurfaceState, troubles: list[str], number: int):
        self.number, self.lesson = number, LESSONS[number]
        super().__init__(dataclasses.replace(state, scene=number), troubles, self.lesson.state())

    def above(self) -> None:
        """The lesson, its question and the way to the next one."""
        last = len(LESSONS) - 1
        with ui.element("article").classes("lesson"):
            with ui.element("nav").classes("steps").props('aria-label="lessons"'):
                for k, lesson in enumerate(LESSONS):
                    link = ui.link(str(k + 1), f"/learn?scene={k}").props(
                        f'title="{lesson.title}" aria-label="lesson {k + 1}: {lesson.title}"'
                    )
                    if k == self.number:
                        link.classes("here").props('aria-current="step"')
            ui.html(f"<h1>{self.lesson.title}</h1>", sanitize=False)
            for paragraph in self.lesson.text:
                ui.html(f"<p>{paragraph}</p>", sanitize=False)
            with ui.element("div").classes("question").props('aria-live="polite"') as self.box:
                ui.label(self.lesson.question).classes("question-text")
                self.answer = ui.label(f"✓ {self.lesson.answer}").classes("answered")
                self.answer.set_visibility(False)
            with ui.element("div").classes("onwards"):
                if self.number:
                    ui.link("← back", f"/learn?scene={self.number - 1}")
                ui.link("start again", f"/learn?scene={self.number}")
                if self.number < last:
                    ui.link("next lesson →", f"/learn?scene={self.number + 1}").classes("next")
                else:
                    ui.link("now with a network →", "/network").classes("next")

    def controls(self) -> None:
        """The sliders that the question is about, and how the picture is drawn."""
        with group():
            self.picture_controls()
            self.trouble_label()
        with group("try it"):
            self.method_list([entry.name for entry in self.lesson.state().methods], only=self.lesson.sliders)
            for name in SCALES:
                if name in self.lesson.sliders:
                    self.slider(name)

    def judge(self, shown: SurfaceState) -> None:
        """Whether the question is answered now."""
        right = self.lesson.answered(shown, self.descents.outcomes(shown))
        self.answer.set_visibility(right)
        self.box.classes(**{"add" if right else "remove": "solved"})
