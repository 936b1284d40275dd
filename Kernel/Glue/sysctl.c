// stub
#include "lrng_glue.h"
#include "lrng_kernel.h"
void lrng_sysctl_begin_takeover(void) {}
void lrng_sysctl_end_takeover(void) {}
void lrng_sysctl_refresh(void) {}
