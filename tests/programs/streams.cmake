# cmake -DPROGRAM=semantic_ids -DDIGITS=... -DFOLDER=... [-DMPIRUN=mpirun -DRANKS=-n -DMPI_PROGRAM=semantic_ids_mpi]
# -P streams.cmake: views in shards that are read block by block give the model and the codes of views in memory, byte for
# byte; so do the ranks of an MPI job.
file(REMOVE_RECURSE ${FOLDER})
foreach(view mor zer)
  foreach(shard 1 2 3)
    file(MAKE_DIRECTORY ${FOLDER}/${view})
    configure_file(${DIGITS}/${view}.npy ${FOLDER}/${view}/${shard}.npy COPYONLY)
  endforeach()
endforeach()
set(views --view "mor=${FOLDER}/mor/*.npy" --view "zer=${FOLDER}/zer/[123].npy" --joint)
set(how --words 16,8 --levels 2 --iterations 4 --scale l2)

function(run folder)
  execute_process(COMMAND ${ARGN} --ids-out ${FOLDER}/${folder} --json ${FOLDER}/${folder}.json --quiet
                  RESULT_VARIABLE status OUTPUT_VARIABLE out ERROR_VARIABLE err)
  if(NOT status STREQUAL "0" OR NOT out STREQUAL "" OR NOT err STREQUAL "")
    message(FATAL_ERROR "${folder}: exit code ${status}\n${out}${err}")
  endif()
endfunction()
function(same)
  set(first "")
  foreach(file IN LISTS ARGN)
    file(SHA256 ${FOLDER}/${file} hash)
    if(first AND NOT hash STREQUAL first)
      message(FATAL_ERROR "${file} is not like the others of ${ARGN}")
    endif()
    set(first ${hash})
  endforeach()
endfunction()

run(memory ${PROGRAM} ${views} ${how} --model-out ${FOLDER}/memory.safetensors)
run(stream ${PROGRAM} ${views} ${how} --memory 48M --threads 2 --model-out ${FOLDER}/stream.safetensors)
run(reload ${PROGRAM} ${views} --memory 40M --model-in ${FOLDER}/memory.safetensors)
same(memory.safetensors stream.safetensors)
foreach(view mor zer joint)
  same(memory/${view}.npy stream/${view}.npy reload/${view}.npy)
  same(memory/${view}.json stream/${view}.json reload/${view}.json)
endforeach()
file(READ ${FOLDER}/stream.json json)
foreach(key relative_error perplexity used)
  string(JSON value GET "${json}" views joint ${key} 1)
endforeach()

execute_process(COMMAND ${PROGRAM} --view "mor=${FOLDER}/mor/*.npy" --view "zer=${FOLDER}/zer/[12].npy" --memory 64M
                RESULT_VARIABLE status ERROR_VARIABLE err)
if(NOT status EQUAL 2 OR NOT err MATCHES "view zer has 4000 rows, view mor has 6000")
  message(FATAL_ERROR "views of different rows: exit code ${status}\n${err}")
endif()

if(NOT MPIRUN)
  return()
endif()

# The parts of the ranks, one behind the other, are the files of one: .npy without the headers, .json as they are.
function(parts_are_whole folder ranks)
  foreach(view mor zer joint)
    set(codes "")
    set(tokens "")
    math(EXPR last "${ranks} - 1")
    foreach(rank RANGE ${last})
      file(READ ${FOLDER}/${folder}/${view}.part-0000${rank}-of-0000${ranks}.npy part OFFSET 128 HEX)
      string(APPEND codes "${part}")
      file(READ ${FOLDER}/${folder}/${view}.json.part-0000${rank}-of-0000${ranks} part)
      string(APPEND tokens "${part}")
    endforeach()
    file(READ ${FOLDER}/memory/${view}.npy whole_codes OFFSET 128 HEX)
    file(READ ${FOLDER}/memory/${view}.json whole_tokens)
    if(NOT codes STREQUAL whole_codes OR NOT tokens STREQUAL whole_tokens)
      message(FATAL_ERROR "${folder}: the parts of ${view} do not make up the whole")
    endif()
  endforeach()
endfunction()

foreach(ranks 1 4)
  run(mpi_${ranks} ${MPIRUN} ${RANKS} ${ranks} ${MPI_PROGRAM} ${views} ${how} --model-out ${FOLDER}/mpi_${ranks}.safetensors)
  same(memory.safetensors mpi_${ranks}.safetensors)
  if(ranks EQUAL 1)
    same(memory/joint.npy mpi_1/joint.npy)
  else()
    parts_are_whole(mpi_${ranks} ${ranks})
  endif()
endforeach()

# Shards of their own: rank 0 has two, rank 1 none but an empty one, rank 2 one.
foreach(view mor zer)
  file(MAKE_DIRECTORY ${FOLDER}/${view}_0 ${FOLDER}/${view}_1 ${FOLDER}/${view}_2)
  file(RENAME ${FOLDER}/${view}/1.npy ${FOLDER}/${view}_0/a.npy)
  file(RENAME ${FOLDER}/${view}/2.npy ${FOLDER}/${view}_0/b.npy)
  file(RENAME ${FOLDER}/${view}/3.npy ${FOLDER}/${view}_2/a.npy)
  execute_process(COMMAND printf "\\223NUMPY\\001\\000\\166\\000%-117s\\n"
                          "{'descr': '<f4', 'fortran_order': False, 'shape': (0, 5), }"
                  OUTPUT_FILE ${FOLDER}/${view}_1/a.npy)
endforeach()
run(own ${MPIRUN} ${RANKS} 3 ${MPI_PROGRAM} --view "mor=${FOLDER}/mor_{rank}/*.npy" --view "zer=${FOLDER}/zer_{rank}/*.npy" --joint
    ${how} --model-out ${FOLDER}/own.safetensors)
same(memory.safetensors own.safetensors)
parts_are_whole(own 3)

# What one rank cannot read ends all of them, told once, and leaves nothing behind.
file(REMOVE ${FOLDER}/mor_2/a.npy)
execute_process(COMMAND ${MPIRUN} ${RANKS} 3 ${MPI_PROGRAM} --view "mor=${FOLDER}/mor_{rank}/*.npy" ${how} --ids-out ${FOLDER}/failed
                RESULT_VARIABLE status OUTPUT_VARIABLE out ERROR_VARIABLE err TIMEOUT 10)
string(REGEX MATCHALL "semantic_ids_mpi: [^\n]*" told "${err}")
if(NOT status MATCHES "^[1-9][0-9]*$" OR NOT out STREQUAL "" OR EXISTS ${FOLDER}/failed OR
   NOT told MATCHES "^semantic_ids_mpi: rank 2 failed: [^;]*/mor_2/\\*.npy: matches no file$")
  message(FATAL_ERROR "exit code ${status}, told: ${told}\n${out}${err}")
endif()
