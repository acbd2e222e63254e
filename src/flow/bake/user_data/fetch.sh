#!/bin/sh
# One question to a guest that reports over SSM Run Command (proof = "ssm"): some lines of its frames,
# once its report is whole; nothing before. With "close" the guest is also told to clean itself and to
# close its report. Asking twice is asking once: it may be sent again whenever an answer is lost.
cd "${AMIWATCH_ROOT:-}/run/amiwatch" || exit
# shellcheck disable=SC2050
[ '@CLOSE@' = no ] || : >wanted
[ ! -e told ] || grep '^AMIWATCH1 ' frames | sed -n '@FROM@,@TO@p'
