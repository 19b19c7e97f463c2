# interest_ctr on generated data: equal figures for one thread and for three, and MCCA above DIN with codes of one view; what a
# journal keeps is not trained again and changes no figure.
file(MAKE_DIRECTORY ${FOLDER})
file(REMOVE ${FOLDER}/journal_1 ${FOLDER}/journal_3)
foreach(threads 1 3)
  execute_process(COMMAND ${PROGRAM} --model din+psrq,mcca --generated --seeds 1 --threads ${threads}
                          --journal ${FOLDER}/journal_${threads} --json ${FOLDER}/${threads}.json
                  RESULT_VARIABLE status OUTPUT_VARIABLE table_${threads} ERROR_VARIABLE err)
  if(status OR NOT err STREQUAL "")
    message(FATAL_ERROR "exit code ${status}\n${err}")
  endif()
  file(READ ${FOLDER}/${threads}.json json)
  foreach(model din+psrq mcca)
    string(JSON auc_${model} GET "${json}" models ${model} auc mean)
    foreach(figure auc cold_auc gauc logloss ndcg recall id_recall item_recall)
      string(JSON ${model}_${figure}_${threads} GET "${json}" models ${model} ${figure} per_seed)
      if(threads EQUAL 3 AND NOT ${model}_${figure}_1 STREQUAL ${model}_${figure}_3)
        message(FATAL_ERROR "${model}, ${figure}: ${${model}_${figure}_1} and ${${model}_${figure}_3}")
      endif()
    endforeach()
  endforeach()
endforeach()
if(NOT table_1 STREQUAL table_3)
  message(FATAL_ERROR "${table_1}${table_3}")
endif()
if(NOT auc_mcca GREATER auc_din+psrq)
  message(FATAL_ERROR "${table_1}")
endif()

# The second run only reads; its times are those of the first.
execute_process(COMMAND ${PROGRAM} --model din+psrq,mcca --generated --seeds 1 --threads 1 --journal ${FOLDER}/journal_1
                        --json ${FOLDER}/again.json
                RESULT_VARIABLE status OUTPUT_VARIABLE table ERROR_VARIABLE err)
file(READ ${FOLDER}/1.json first)
file(READ ${FOLDER}/again.json again)
if(status OR NOT table STREQUAL table_1 OR NOT first STREQUAL again)
  message(FATAL_ERROR "the journal changed the figures: ${table}${err}")
endif()
