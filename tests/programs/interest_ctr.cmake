# interest_ctr: what it refuses, and that its figures do not depend on the number of threads.
if(NOT TARGET interest_ctr)
  return()
endif()
set(interest_digits ${PROJECT_SOURCE_DIR}/examples/data/digits)

function(interest_ctr_refuses name expect)
  add_test(NAME programs.interest_ctr.refuses.${name}
           COMMAND ${CMAKE_COMMAND} -DEXPECT=${expect} -P ${CMAKE_CURRENT_LIST_DIR}/refuses.cmake --
                   $<TARGET_FILE:interest_ctr> ${ARGN})
endfunction()
set(two_views --view pix=${interest_digits}/pix.npy --view mor=${interest_digits}/mor.npy)
interest_ctr_refuses(no_interactions "name --interactions" ${two_views})
interest_ctr_refuses(unknown_option "--bogus" --bogus)
interest_ctr_refuses(unknown_model "is not known" ${two_views} --interactions ${interest_digits}/pix.npy --model nonsense)
interest_ctr_refuses(unknown_option_of_a_model "no option" ${two_views} --interactions ${interest_digits}/pix.npy
                     --model mcca:nonsense=1)
interest_ctr_refuses(unknown_scale_of_a_model "no scale" ${two_views} --interactions ${interest_digits}/pix.npy
                     --model mcca:scale=nonsense)
interest_ctr_refuses(unknown_pooling_of_a_model "no pooling" ${two_views} --interactions ${interest_digits}/pix.npy
                     --model mcca:pooling=nonsense)
interest_ctr_refuses(no_number_of_a_model "not a number" ${two_views} --interactions ${interest_digits}/pix.npy
                     --model mcca:prefix-weight=much)
interest_ctr_refuses(unknown_start "embedding-init" ${two_views} --interactions ${interest_digits}/pix.npy
                     --embedding-init zeros)
interest_ctr_refuses(interactions_of_many_columns "240 columns" ${two_views} --interactions ${interest_digits}/pix.npy)
interest_ctr_refuses(missing_file "cannot open" ${two_views} --interactions ${CMAKE_CURRENT_BINARY_DIR}/none.npy)
interest_ctr_refuses(unknown_reference "versus names models: .*nonsense is not known" --generated --versus nonsense)
interest_ctr_refuses(generated_and_files "makes its own data" ${two_views} --generated --interactions nosuch.npy)
interest_ctr_refuses(no_folder "cannot create a temporary file" --generated --json ${CMAKE_CURRENT_BINARY_DIR}/none/out.json)
interest_ctr_refuses(no_rows_of_part "no row of split 1, which --part valid asks for" --view a=${tables}/items.npy
                     --interactions ${tables}/interactions.npy --part valid)
interest_ctr_refuses(nothing_is_cold "change --cold" --view a=${tables}/items.npy
                     --interactions ${tables}/interactions.npy --cold 1)
interest_ctr_refuses(half_a_user "row 7 has user 0.5, expected an integer" --view a=${tables}/items.npy
                     --interactions ${tables}/fraction.npy)
foreach(name no_rows_of_part nothing_is_cold half_a_user)
  set_tests_properties(programs.interest_ctr.refuses.${name} PROPERTIES FIXTURES_REQUIRED tables)
endforeach()
add_test(NAME programs.interest_ctr.models
         COMMAND ${CMAKE_COMMAND} -DPROGRAM=$<TARGET_FILE:interest_ctr> -DFOLDER=${tables}
                 -P ${CMAKE_CURRENT_LIST_DIR}/interest_models.cmake)
set_tests_properties(programs.interest_ctr.models PROPERTIES FIXTURES_REQUIRED tables)

add_test(NAME programs.interest_ctr.generated
         COMMAND ${CMAKE_COMMAND} -DPROGRAM=$<TARGET_FILE:interest_ctr> -DFOLDER=${CMAKE_CURRENT_BINARY_DIR}/interest_ctr
                 -P ${CMAKE_CURRENT_LIST_DIR}/same_scores.cmake)
add_test(NAME programs.interest_ctr.baselines
         COMMAND ${CMAKE_COMMAND} -DPROGRAM=$<TARGET_FILE:interest_ctr> -DFOLDER=${CMAKE_CURRENT_BINARY_DIR}/interest_ctr
                 -P ${CMAKE_CURRENT_LIST_DIR}/interest_baselines.cmake)
add_test(NAME programs.interest_ctr.bbq
         COMMAND ${CMAKE_COMMAND} -DPROGRAM=$<TARGET_FILE:interest_ctr> -DFOLDER=${CMAKE_CURRENT_BINARY_DIR}/interest_ctr
                 -P ${CMAKE_CURRENT_LIST_DIR}/interest_bbq.cmake)
