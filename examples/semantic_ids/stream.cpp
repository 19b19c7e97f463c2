// SPDX-License-Identifier: MIT
#include "stream.hpp"

#include "stream_job.hpp"

void program::run_streamed(settings const& s) {
  sidera::serial_communicator const alone;
  stream_job job(s, alone);
  streamed_result const result = job.run();
  write_figures(result);
}
