# SPDX-License-Identifier: MIT
# What the pure libraries call is listed and compared. Not in sanitizer and LTO builds, whose objects call other things.
if(PARLEY_SANITIZE OR CMAKE_INTERPROCEDURAL_OPTIMIZATION)
  return()
endif()
set(pure)
foreach(lib core_base core_wire core_crypto core_recv core_send core_session server_relay parley_proto parley_bus_proto)
  if(TARGET ${lib})
    get_target_property(type ${lib} TYPE)
    if(type STREQUAL "STATIC_LIBRARY")
      list(APPEND pure $<TARGET_FILE:${lib}>)
    endif()
  endif()
endforeach()
add_test(NAME purity/symbols
  COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/purity/purity ${CMAKE_CURRENT_SOURCE_DIR}/purity/allowed.txt ${pure})
