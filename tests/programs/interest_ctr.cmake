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
interest_ctr_refuses(unknown_option "not an option: --bogus" --bogus)
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

# Values that an option does not take, and options that no model looks at.
set(taken ${two_views} --interactions ${interest_digits}/pix.npy)
interest_ctr_refuses(rate_that_is_none "--lr: takes a number above 0, not nan" ${taken} --lr nan)
interest_ctr_refuses(negative_threads "--threads: takes a whole number from 0 to 1024, not -1" ${taken} --threads -1)
interest_ctr_refuses(negative_seeds "--seeds: takes a whole number from 1 to 1000000, not -1" ${taken} --seeds -1)
interest_ctr_refuses(infinite_weight "--prefix-weight: takes a number of at least 0, not inf" ${taken} --prefix-weight inf)
interest_ctr_refuses(unknown_scale "--scale: takes none, l2, zscore or equal, not big" ${taken} --scale big)
interest_ctr_refuses(words_of_din "--words would change nothing in the models that are trained" ${taken} --model din --words 4)
interest_ctr_refuses(weight_of_rq "--prefix-weight would change nothing" ${taken} --model din+rq --prefix-weight 0.5)
interest_ctr_refuses(joint_scale_without_joint "--joint-scale would change nothing" ${taken} --model mcca-without-mjc
                     --joint-scale l2)
interest_ctr_refuses(own_levels_of_vq "din.vq:levels=2: levels would change nothing in din.vq" ${taken} --model din+vq:levels=2)
interest_ctr_refuses(at_without_lists "--at would change nothing with --ranked-users 0" ${taken} --ranked-users 0 --at 5)
interest_ctr_refuses(one_file_twice "--json and --journal name the same file" ${taken} --json a.out --journal a.out)
interest_ctr_refuses(json_over_interactions "--interactions and --json name the same file" ${two_views}
                     --interactions no.npy --json ./no.npy)
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
