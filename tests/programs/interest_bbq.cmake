# interest_ctr on generated data: DIN learns from codes in shared words, which are other ones than each source's own; with
# biases by similarity, attention by dot products learns more from item numbers alone.
file(MAKE_DIRECTORY ${FOLDER})
set(models din+bbq din+bbq:shared=0 din:pooling=dot din:pooling=bucket)
string(REPLACE ";" "," all "${models}")
execute_process(COMMAND ${PROGRAM} --model ${all} --generated --seeds 1 --epochs 1 --threads 2 --ranked-users 0
                        --json ${FOLDER}/bbq.json
                RESULT_VARIABLE status OUTPUT_QUIET ERROR_VARIABLE err)
if(status OR NOT err STREQUAL "")
  message(FATAL_ERROR "exit code ${status}\n${err}")
endif()
file(READ ${FOLDER}/bbq.json json)
foreach(model IN LISTS models)
  string(JSON auc_${model} GET "${json}" models ${model} auc mean)
endforeach()
if(NOT auc_din+bbq GREATER 0.52 OR auc_din+bbq STREQUAL auc_din+bbq:shared=0 OR
   NOT auc_din:pooling=bucket GREATER auc_din:pooling=dot)
  message(FATAL_ERROR "${json}")
endif()
