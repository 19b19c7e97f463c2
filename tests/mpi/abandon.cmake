# cmake -DCOMMAND="mpirun;..." -P abandon.cmake: the job must end within 10 seconds, fail, and tell why.
execute_process(COMMAND ${COMMAND} TIMEOUT 10 RESULT_VARIABLE status OUTPUT_VARIABLE out ERROR_VARIABLE err)
if(NOT status MATCHES "^[0-9]+$" OR status EQUAL 0 OR NOT err MATCHES "rank 1 failed: shard b.npy is gone")
  message(FATAL_ERROR "status ${status}, expected a failure with a message\n${out}${err}")
endif()
