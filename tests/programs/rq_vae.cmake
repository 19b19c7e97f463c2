# rq_vae: what it refuses, and that a training that is interrupted and resumed gives the same codes.
if(NOT TARGET rq_vae)
  return()
endif()
set(rq_vae_digits ${PROJECT_SOURCE_DIR}/examples/data/digits)

function(rq_vae_refuses name expect)
  add_test(NAME programs.rq_vae.refuses.${name}
           COMMAND ${CMAKE_COMMAND} -DEXPECT=${expect} -P ${CMAKE_CURRENT_LIST_DIR}/refuses.cmake --
                   $<TARGET_FILE:rq_vae> ${ARGN})
endfunction()
rq_vae_refuses(missing_file "cannot open" --view ${CMAKE_CURRENT_BINARY_DIR}/none.npy)
rq_vae_refuses(unknown_option "not an option: --bogus" --bogus)
rq_vae_refuses(rate_that_is_none "--learning-rate: takes a number above 0, not nan" --learning-rate nan)
rq_vae_refuses(negative_seed "--seed: takes a whole number from 0 to [0-9]+, not -1" --seed -1)
foreach(option json ids-out checkpoint)
  rq_vae_refuses(unwritable_${option} "cannot create a temporary file" --epochs 1000000
                 --${option} ${CMAKE_CURRENT_BINARY_DIR}/no_such_folder/out)
endforeach()
rq_vae_refuses(one_file_twice "--json and --ids-out name the same file" --json a.npy --ids-out ./a.npy)
rq_vae_refuses(codes_over_the_view "--view and --ids-out name the same file" --view no.npy --ids-out ./no.npy)
rq_vae_refuses(no_words "--words" --words 0)
rq_vae_refuses(more_words_than_rows "fewer rows than the 3000 words" --words 3000)
rq_vae_refuses(rank_of_labels "rq_vae: " --view ${rq_vae_digits}/labels.npy)
rq_vae_refuses(damaged_checkpoint "safetensors" --checkpoint ${rq_vae_digits}/README.md)

add_test(NAME programs.rq_vae.resumes
         COMMAND ${CMAKE_COMMAND} -DPROGRAM=$<TARGET_FILE:rq_vae> -DFOLDER=${CMAKE_CURRENT_BINARY_DIR}/rq_vae -DDIGITS=${rq_vae_digits} -DOTHER=${tables}/more.npy
                 -P ${CMAKE_CURRENT_LIST_DIR}/resumes.cmake)
set_tests_properties(programs.rq_vae.resumes PROPERTIES FIXTURES_REQUIRED tables)
