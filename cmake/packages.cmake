# SPDX-License-Identifier: MIT
# Everything foreign that native code links, found once.
find_package(PkgConfig REQUIRED)
function(parley_package name)
  pkg_check_modules(${name} REQUIRED IMPORTED_TARGET ${ARGN})
endfunction()

parley_package(ngtcp2 libngtcp2 libngtcp2_crypto_ossl)
parley_package(nghttp3 libnghttp3)
parley_package(openssl openssl)
parley_package(libwebsockets libwebsockets)
parley_package(libuv libuv)
parley_package(nats libnats)
parley_package(jansson jansson)
parley_package(opus opus)
parley_package(vpx vpx)
parley_package(avformat libavformat libavcodec libavutil libswresample libswscale)
parley_package(curl libcurl)
