# SPDX-License-Identifier: MIT
# The headless client and the relay as programs; alone, for they measure time.
if(TARGET parley AND TARGET parleyd)
  add_test(NAME cli/cli COMMAND node --test tests/cli/ WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
  set_tests_properties(cli/cli PROPERTIES
    TIMEOUT 120 RUN_SERIAL TRUE ENVIRONMENT "PARLEY_BINARY_DIR=$<TARGET_FILE_DIR:parley>/..")
endif()
