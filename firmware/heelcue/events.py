"""Event bits that a step of the pipeline returns, and the fields of a stride's record."""

from heelcue.compat import const

HEEL_OFF = const(1)
TOE_OFF = const(2)
INITIAL_CONTACT = const(4)
CUE = const(8)  # the motor is to be switched on at this sample
STRIDE = const(16)  # Pipeline.record holds a completed stride

# Fields of Pipeline.record, array('i'). Times are sample indices, -1 where there was none.
R_HEEL_OFF = const(0)
R_TOE_OFF = const(1)
R_CONTACT = const(2)
R_NEXT_HEEL_OFF = const(3)  # heel-off that ended the stride, -1 when the gait stopped
R_CUE = const(4)
R_CUE_KIND = const(5)  # one of CUE_*
R_PREDICTED = const(6)  # when the predictor had expected this stride's heel-off
R_PEAK_DPS = const(7)  # greatest heel-up rate of the push-off
RECORD_FIELDS = const(8)

CUE_NONE = const(0)  # schedule, refractory or mute kept it silent
CUE_REACTIVE = const(1)
CUE_PREDICTED = const(2)
CUE_FALSE = const(3)  # predicted, but the heel-off never came
CUE_KINDS = ("none", "reactive", "predicted", "false")  # what people are told of each
