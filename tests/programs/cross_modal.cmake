# cross_modal as a user meets it: what it refuses, and that the number of threads changes nothing.
if(NOT TARGET cross_modal)
  return()
endif()

# cross_modal_refuses(NAME EXPECT ARGUMENT...): exit code 2 and one line on stderr that matches EXPECT.
function(cross_modal_refuses name expect)
  add_test(NAME programs.cross_modal.refuses.${name}
           COMMAND ${CMAKE_COMMAND} -DEXPECT=${expect} -P ${CMAKE_CURRENT_SOURCE_DIR}/refuses.cmake --
                   $<TARGET_FILE:cross_modal> ${ARGN})
endfunction()
set(two --view a=${digits}/mor.npy --view b=${digits}/zer.npy)
cross_modal_refuses(one_view "two views" --view a=${digits}/mor.npy --labels ${digits}/labels.npy)
cross_modal_refuses(no_labels "--labels is needed" ${two})
cross_modal_refuses(missing_file "cannot open" ${two} --labels ${CMAKE_CURRENT_BINARY_DIR}/none.npy)
cross_modal_refuses(view_twice "two views are named" --view a=${digits}/mor.npy --view a=${digits}/zer.npy
                    --labels ${digits}/labels.npy)
cross_modal_refuses(unknown_term "align" ${two} --labels ${digits}/labels.npy --without nonsense)
cross_modal_refuses(fcid_of_two "three views" ${two} --labels ${digits}/labels.npy --model fcid)
cross_modal_refuses(too_many_channels "1 to 64" ${two} --labels ${digits}/labels.npy --toc slice --keep 65)
cross_modal_refuses(clips "2000 rows are no clips of 7" ${two} --labels ${digits}/labels.npy --time 7)
cross_modal_refuses(split_that_is_none "must hold 0" ${two} --labels ${digits}/labels.npy --split ${digits}/labels.npy)
cross_modal_refuses(too_many_codes "fewer rows" ${two} --labels ${digits}/labels.npy --codes 5000 --epochs 1)

add_test(NAME programs.cross_modal.same_figures
         COMMAND ${CMAKE_COMMAND} -DPROGRAM=$<TARGET_FILE:cross_modal> -DDIGITS=${digits}
                 -DFOLDER=${CMAKE_CURRENT_BINARY_DIR}/cross_modal -P ${CMAKE_CURRENT_SOURCE_DIR}/same_figures.cmake)
cross_modal_refuses(pairs_of_three "three views at once" ${two} --view c=${digits}/fou.npy --labels ${digits}/labels.npy
                    --model fcid --pairs)
set(labelled ${two} --labels ${digits}/labels.npy)
cross_modal_refuses(terms_of_vq "vq has none of the terms" ${labelled} --model vq --without recon)
cross_modal_refuses(ablation_of_vq "vq has none of the terms" ${labelled} --model vq --ablate)
cross_modal_refuses(clips_of_other_length "clips of 10 steps, not of --time 5" --sequences --time 5)
cross_modal_refuses(no_folder "cannot create a temporary file" ${labelled} --json ${CMAKE_CURRENT_BINARY_DIR}/none/out.json)
cross_modal_refuses(report_is_a_folder "is a folder" ${labelled} --report ${CMAKE_CURRENT_BINARY_DIR})
cross_modal_refuses(not_finite "hole.npy: row 5 has a NaN" --view a=${digits}/mor.npy --view b=${tables}/hole.npy
                    --labels ${digits}/labels.npy)
set_tests_properties(programs.cross_modal.refuses.not_finite PROPERTIES FIXTURES_REQUIRED tables)
cross_modal_refuses(default_codes "fewer rows than the 400 words" --view a=${tables}/items.npy --view b=${tables}/items.npy
                    --labels ${tables}/item_labels.npy --epochs 1)
set_tests_properties(programs.cross_modal.refuses.default_codes PROPERTIES FIXTURES_REQUIRED tables)

# Values that an option does not take, and options that the mode does not look at.
cross_modal_refuses(negative_seed "--seed: takes a whole number from 0 to [0-9]+, not -1" ${labelled} --seed -1)
cross_modal_refuses(rate_that_is_none "--learning-rate: takes a number above 0, not nan" ${labelled} --learning-rate nan)
cross_modal_refuses(infinite_in_a_list "--temperature: takes a number above 0, not inf" ${labelled} --temperature 0.1,inf)
cross_modal_refuses(too_many_threads "--threads: takes a whole number from 0 to 1024, not 2000" ${labelled} --threads 2000)
cross_modal_refuses(unknown_model "--model: takes vq, dcid, hdcid or fcid, not rq" ${labelled} --model rq)
cross_modal_refuses(unknown_option "not an option: --bogus" ${labelled} --bogus)
cross_modal_refuses(keep_without_toc "--keep would change nothing without --toc" ${labelled} --keep 5)
cross_modal_refuses(lambda_of_another_criterion "--lambda would change nothing without --criterion toc" ${labelled}
                    --toc slice --criterion variance --lambda 0.5)
cross_modal_refuses(ridge_without_cca "--ridge would change nothing without --compare" ${labelled} --ridge 1)
cross_modal_refuses(temperature_of_vq "--temperature would change nothing with --model vq" ${labelled} --model vq --temperature 1)
cross_modal_refuses(one_file_twice "--json and --report name the same file" ${labelled} --json a.out --report ./a.out)
cross_modal_refuses(report_over_labels "--labels and --report name the same file" ${two} --labels no.npy --report ./no.npy)
cross_modal_refuses(json_over_a_view "--view c and --json name the same file" ${labelled} --view c=no.npy --json no.npy)

# Labels that a probe cannot learn.
set(items --view a=${tables}/items.npy --view b=${tables}/items.npy --codes 8)
cross_modal_refuses(negative_labels "--labels: .*negative_labels.npy has negative labels only" ${items}
                    --labels ${tables}/negative_labels.npy)
cross_modal_refuses(one_class "--labels: .*one_class.npy has one class only, 1" ${items} --labels ${tables}/one_class.npy)
cross_modal_refuses(one_class_in_training "--labels: the training items of seed [0-9]+ have one class only" ${items}
                    --labels ${tables}/rare_class.npy --seeds 100)
foreach(name negative_labels one_class one_class_in_training)
  set_tests_properties(programs.cross_modal.refuses.${name} PROPERTIES FIXTURES_REQUIRED tables)
endforeach()
add_test(NAME programs.cross_modal.toc_of_two_codebooks
         COMMAND cross_modal ${labelled} --model hdcid --toc requantise --keep 8 --codes 16 --epochs 2 --seeds 1 --quiet)

add_executable(cross_modal_channels channels_test.cpp $<TARGET_OBJECTS:doctest_main>)
target_link_libraries(cross_modal_channels PRIVATE sidera_test)
target_precompile_headers(cross_modal_channels REUSE_FROM doctest_main)
add_test(NAME programs.cross_modal.channels COMMAND cross_modal_channels)
add_test(NAME programs.cross_modal.pairs_of_views
         COMMAND ${CMAKE_COMMAND} -DPROGRAM=$<TARGET_FILE:cross_modal> -DDIGITS=${digits}
                 -DFOLDER=${CMAKE_CURRENT_BINARY_DIR}/cross_modal_pairs -P ${CMAKE_CURRENT_SOURCE_DIR}/pairs_of_views.cmake)
