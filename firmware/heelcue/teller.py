"""What happened, told to the console and kept in the log: strides, cues, faults."""

import time
from array import array

from heelcue import faults
from heelcue.events import (
    CUE_KINDS,
    CUE_NONE,
    R_CONTACT,
    R_CUE,
    R_CUE_KIND,
    R_HEEL_OFF,
    R_NEXT_HEEL_OFF,
    R_PEAK_DPS,
    R_PREDICTED,
    R_TOE_OFF,
    RECORD_FIELDS,
)


class Teller:
    """on_stride() listens to the application; tick() tells, one line at a time.

    log: heelcue.store.StrideLog or None; events: whether the console is told.
    """

    def __init__(self, app, console, log, events):
        self.app = app
        self.console = console
        self.log = log
        self.events = events
        self._record = array("i", [-1] * RECORD_FIELDS)
        self._false_n = -1  # the last cue known to have been false
        self._tell_stride = False
        self._cues_told = 0

    def on_stride(self, app):
        """A stride is complete: log it, and remember to tell it.

        A cue that the motor never got (muted, or its share of the minute used up) does not count. A
        false one is logged after the stride before it, so that the log's indices run forwards.
        """
        pipeline = app.pipeline
        record = self._record
        for i in range(RECORD_FIELDS):
            record[i] = pipeline.record[i]
        latency_us = app.cue_latency(record[R_CUE])
        if latency_us < 0:
            record[R_CUE] = -1
            record[R_CUE_KIND] = CUE_NONE
        self._keep(latency_us)
        scheduler = pipeline.scheduler
        if scheduler.false_n != self._false_n:
            self._false_n = scheduler.false_n
            latency_us = app.cue_latency(self._false_n)
            if latency_us >= 0:
                if self.events:
                    self._tell()
                for i in range(RECORD_FIELDS):
                    record[i] = -1
                scheduler.fill_false(record)
                self._keep(latency_us)

    def _keep(self, latency_us):
        if self.log is not None:
            self.log.add(self._record, latency_us, time.ticks_ms())
        self._tell_stride = self.events

    def _tell(self):
        self._tell_stride = False
        record = self._record
        self.console.tell(
            {
                "ev": "stride",
                "heel_off": record[R_HEEL_OFF],
                "toe_off": record[R_TOE_OFF],
                "contact": record[R_CONTACT],
                "next": record[R_NEXT_HEEL_OFF],
                "cue": record[R_CUE],
                "kind": CUE_KINDS[record[R_CUE_KIND]],
                "predicted": record[R_PREDICTED],
                "peak_dps": record[R_PEAK_DPS],
            }
        )

    def tick(self):
        """Tell one thing, if there is any."""
        app = self.app
        if app.cues != self._cues_told:
            self._cues_told = app.cues
            if self.events:
                self.console.tell({"ev": "cue", "n": app.cue_n, "latency_us": app.cue_latency_us})
        elif self._tell_stride:
            self._tell()
        else:
            self.fault()

    def fault(self):
        """Tell and log one fault, if there is one that has not been told."""
        news = self.app.faults.news
        if not news:
            return
        code, text = news.popitem()
        fields = {"ev": "fault", "n": self.app.pipeline.n, "fault": faults.name(code)}
        if text:
            fields["text"] = text
        self.console.tell(fields)
        if self.log is not None:
            self.log.fault(code, fields, time.ticks_ms())
