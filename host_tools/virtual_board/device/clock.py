"""Virtual time: one clock that owns every event on the board.

Hardware (sample clocks, timers, the UART, faults) are *sources*: objects with the absolute time
`due` of their next event and a method `fire()`. Nothing here reads a real clock, so a run repeats
to the microsecond. Python callbacks of the firmware (timers, pins) are *soft*: hardware puts them
into a queue, as deep as the ESP32's, and they run when the firmware's own call into the board is
complete or while it waits; never nested.
"""

from .port import micropython

NEVER = micropython.const(1 << 60)
QUEUE_DEPTH = micropython.const(8)  # MICROPY_SCHEDULER_DEPTH of the ESP32 port


class Source:
    """Something that does something at time `due` (us); subclasses define fire()."""

    due = NEVER
    listed = False

    def fire(self):
        """Do what is due; must move `due` on."""
        self.due = NEVER


class Clock:
    """Microseconds since power-on, the sources and the queue of soft callbacks."""

    def __init__(self, costs, now=0):
        self.costs = costs
        self.now = now
        self.next = NEVER  # the earliest due time of all sources
        self.sources = []
        self.call_us = costs["call_us"]
        self.callback_us = costs["callback_us"]
        self.functions = [None] * QUEUE_DEPTH
        self.arguments = [None] * QUEUE_DEPTH
        self.head = 0
        self.queued = 0
        self.dropped = 0  # soft callbacks lost because the queue was full
        self.busy = False  # a soft callback is running
        self.ready = False  # a soft callback or a keyboard interrupt is waiting
        self.interrupt = False  # Ctrl-C has arrived
        self.interruptible = False  # before boot.py a Ctrl-C is kept
        self.pace = None  # live runs: pace(t) lets wall time catch up with t
        self.report = None  # report(exception) prints what escaped from a callback
        self.owed = 0  # us that the processor is held up before its next bytecode (fault "stall")
        self.touched = 0  # events so far, so that a wait can tell that something happened

    @micropython.native
    def at(self, source, due):
        """Move a source's next event to `due` (us); only sources with one are looked at."""
        source.due = due
        if not source.listed:
            source.listed = True
            self.sources.append(source)
        if due < self.next:  # otherwise `next` may be too early, which costs run() one look
            self.next = due

    @micropython.native
    def run(self, until):
        """Let time pass to `until` (us); hardware happens, soft callbacks do not."""
        while self.next <= until:
            least = NEVER
            first = None
            for source in self.sources:
                if source.due < least:
                    least = source.due
                    first = source
            if least > until:
                self.next = least
                break
            if least > self.now:
                self.now = least
            self.touched += 1
            first.fire()
            if first.due == NEVER:
                first.listed = False
                self.sources.remove(first)
        if until > self.now:
            self.now = until

    @micropython.native
    def spend(self, us):
        """The processor is busy for us; then soft callbacks run."""
        until = self.now + us
        if until < self.next:
            self.now = until
        else:
            self.run(until)
        if self.ready:
            self.settle()

    def call(self):
        """The cost of one call from Python."""
        self.spend(self.call_us)

    @micropython.native
    def wait(self, until):
        """Idle until the time `until` (us); soft callbacks run meanwhile."""
        while True:
            if self.ready:
                self.settle()
            if self.now >= until:
                return
            step = self.next if self.next < until else until
            if self.pace is not None:
                step = self.pace(step)
            self.run(step)

    def wait_event(self, until):
        """Idle until something happens on the board, or `until` (us)."""
        before = self.touched
        while True:
            if self.ready:
                self.settle()
            if self.now >= until or self.touched != before:
                return
            step = self.next if self.next < until else until
            if self.pace is not None:
                step = self.pace(step)
            self.run(step)

    def schedule(self, function, argument):
        """Queue a soft callback; False (and counted) when the queue is full, as on the ESP32."""
        if self.queued == QUEUE_DEPTH:
            self.dropped += 1
            return False
        slot = (self.head + self.queued) % QUEUE_DEPTH
        self.functions[slot] = function
        self.arguments[slot] = argument
        self.queued += 1
        self.ready = True
        return True

    def settle(self):
        """Run the queued soft callbacks; raise a pending KeyboardInterrupt."""
        if self.busy:
            return
        if self.owed:
            owed = self.owed
            self.owed = 0
            self.run(self.now + owed)
        while self.queued:
            function = self.functions[self.head]
            argument = self.arguments[self.head]
            self.functions[self.head] = self.arguments[self.head] = None
            self.head = (self.head + 1) % QUEUE_DEPTH
            self.queued -= 1
            self.busy = True
            try:
                self.run(self.now + self.callback_us)
                function(argument)
            except Exception as error:
                # The ESP32 prints it and goes on
                if self.report is None:
                    raise
                self.report(error)
            finally:
                self.busy = False
        self.ready = self.interrupt
        if self.interrupt and self.interruptible:
            self.interrupt = self.ready = False
            raise KeyboardInterrupt
