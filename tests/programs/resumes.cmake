# cmake -DPROGRAM=rq_vae -DFOLDER=... -P resumes.cmake: two epochs, then two more from the checkpoint, give the codes of
# four epochs at once, on one thread or two.
file(REMOVE_RECURSE ${FOLDER})
file(MAKE_DIRECTORY ${FOLDER})
function(train)
  execute_process(COMMAND ${PROGRAM} --quiet --words 16 --hidden 32 ${ARGN} RESULT_VARIABLE status ERROR_VARIABLE err)
  if(NOT status STREQUAL "0")
    message(FATAL_ERROR "${PROGRAM} ${ARGN}: ${status} ${err}")
  endif()
endfunction()
train(--epochs 4 --threads 1 --ids-out ${FOLDER}/whole.npy)
train(--epochs 2 --threads 2 --checkpoint ${FOLDER}/half.safetensors)
train(--epochs 4 --threads 2 --checkpoint ${FOLDER}/half.safetensors --ids-out ${FOLDER}/resumed.npy)
file(SHA256 ${FOLDER}/whole.npy whole)
file(SHA256 ${FOLDER}/resumed.npy resumed)
if(NOT whole STREQUAL resumed)
  message(FATAL_ERROR "the codes of the resumed training differ")
endif()

# A checkpoint of other rows under the same name.
file(COPY_FILE ${DIGITS}/mor.npy ${FOLDER}/rows.npy)
train(--epochs 1 --view ${FOLDER}/rows.npy --checkpoint ${FOLDER}/rows.safetensors)
train(--epochs 2 --view ${FOLDER}/rows.npy --checkpoint ${FOLDER}/rows.safetensors)
file(COPY_FILE ${OTHER} ${FOLDER}/rows.npy)
execute_process(COMMAND ${PROGRAM} --quiet --words 16 --hidden 32 --epochs 3 --view ${FOLDER}/rows.npy
                        --checkpoint ${FOLDER}/rows.safetensors RESULT_VARIABLE status ERROR_VARIABLE err)
if(NOT status STREQUAL "2" OR NOT err MATCHES "belongs to a training on other rows")
  message(FATAL_ERROR "resumed on other rows: ${status} ${err}")
endif()
