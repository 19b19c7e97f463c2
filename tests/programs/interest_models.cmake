# interest_ctr: every model once, what it is compared with is trained as well, and one seed has no intervals; tables with times
# of 64 bits and weights with fractions are read; a journal of other files under the same names is refused.
file(MAKE_DIRECTORY ${FOLDER})
set(codes --words 4 --levels 2)  # for models that have some
function(train json)
  execute_process(COMMAND ${PROGRAM} --view text=${FOLDER}/items.npy --dim 8 --cold 100 --threads 2
                          --ranked-users 0 --seeds 1 ${ARGN} --json ${FOLDER}/out.json
                  RESULT_VARIABLE status OUTPUT_QUIET ERROR_VARIABLE err)
  if(NOT status STREQUAL "0")
    message(FATAL_ERROR "${ARGN}: ${status} ${err}")
  endif()
  file(READ ${FOLDER}/out.json text)
  set(${json} "${text}" PARENT_SCOPE)
endfunction()

# expect(JSON VALUE PATH...)
function(expect json value)
  string(JSON found ERROR_VARIABLE problem GET "${json}" ${ARGN})
  if(NOT found STREQUAL value)
    message(FATAL_ERROR "${ARGN} is \"${found}\", expected \"${value}\": ${problem}\n${json}")
  endif()
endfunction()

train(json --interactions ${FOLDER}/interactions.npy --model mcca,mcca ${codes})
string(JSON count LENGTH "${json}" models)
string(REGEX MATCHALL "\"mcca\": " mentions "${json}")
list(LENGTH mentions mentions)
string(JSON compared TYPE "${json}" models mcca versus_din auc mean)
if(NOT count EQUAL 2 OR NOT mentions EQUAL 1 OR NOT compared STREQUAL "NUMBER")
  message(FATAL_ERROR "${json}")
endif()
foreach(figure sd ci95)
  string(JSON type TYPE "${json}" models mcca auc ${figure})
  string(JSON type_of_difference TYPE "${json}" models mcca versus_din auc ${figure})
  if(NOT type STREQUAL "NULL" OR NOT type_of_difference STREQUAL "NULL")
    message(FATAL_ERROR "${figure}: ${type}, ${type_of_difference}")
  endif()
endforeach()
expect("${json}" 0.25 settings logloss_odds_ratio)

train(json --interactions ${FOLDER}/interactions.npy --model din+psrq --versus none ${codes})
string(JSON count LENGTH "${json}" models)
expect("${json}" 1 settings seeds)
if(NOT count EQUAL 1)
  message(FATAL_ERROR "${json}")
endif()
foreach(table timed weighted)
  train(json --interactions ${FOLDER}/${table}.npy --model din)
  expect("${json}" 260 interactions)
endforeach()

# The same name, other contents.
file(REMOVE ${FOLDER}/journal)
file(COPY_FILE ${FOLDER}/interactions.npy ${FOLDER}/replaced.npy)
set(again --interactions ${FOLDER}/replaced.npy --model din --journal ${FOLDER}/journal)
train(first ${again})
train(second ${again})
if(NOT first STREQUAL second)
  message(FATAL_ERROR "the journal changed the figures: ${first}${second}")
endif()
file(COPY_FILE ${FOLDER}/others.npy ${FOLDER}/replaced.npy)
execute_process(COMMAND ${PROGRAM} --view text=${FOLDER}/items.npy --dim 8 --cold 100 --threads 2
                        --ranked-users 0 --seeds 1 ${again}
                RESULT_VARIABLE status OUTPUT_VARIABLE out ERROR_VARIABLE err)
if(NOT status STREQUAL "2" OR NOT err MATCHES "is no journal of experiments with these data")
  message(FATAL_ERROR "figures of other files: ${status} ${out}${err}")
endif()

# Without a word, generated data are compared with DIN alone and with the codes of one view.
execute_process(COMMAND ${PROGRAM} --seeds 1 --epochs 1 --threads 2 --ranked-users 0 --json ${FOLDER}/out.json
                RESULT_VARIABLE status OUTPUT_QUIET ERROR_VARIABLE err)
file(READ ${FOLDER}/out.json json)
foreach(reference din din+psrq)
  string(JSON type TYPE "${json}" models mcca versus_${reference} auc mean)
  if(NOT type STREQUAL "NUMBER")
    message(FATAL_ERROR "mcca is not compared with ${reference}")
  endif()
endforeach()
