# SPDX-License-Identifier: MIT
# libopus with its SSE4.1 intrinsics on SIMD128, in floating point. Measured at 32 kbit/s, complexity 5, 20 ms (encode, decode, size as brotli):
#   -O3, SSE4.1 intrinsics   174 us, 33 us, 145 kB
#   -Os, SSE4.1 intrinsics   211 us, 35 us, 115 kB   what we take: 0.2 % of a core for 30 kB of everybody's first page load
#   -O3, no SIMD             199 us, 39 us, 129 kB
#   with DRED, not sending   193 us, 37 us, 2227 kB
#   with DRED, sending 1 s   932 us, 40 us, 2227 kB  so DRED is left out: its networks weigh more than the whole page
sources=$(make_list CELT_SOURCES celt_sources.mk
    make_list CELT_SOURCES_SSE celt_sources.mk
    make_list CELT_SOURCES_SSE2 celt_sources.mk
    make_list CELT_SOURCES_SSE4_1 celt_sources.mk
    make_list SILK_SOURCES silk_sources.mk
    make_list SILK_SOURCES_FLOAT silk_sources.mk
    make_list SILK_SOURCES_SSE4_1 silk_sources.mk
    make_list OPUS_SOURCES opus_sources.mk
    make_list OPUS_SOURCES_FLOAT opus_sources.mk)
presume=
for level in SSE SSE2 SSE4_1; do
    presume="$presume -DOPUS_X86_MAY_HAVE_$level -DOPUS_X86_PRESUME_$level"
done
# shellcheck disable=SC2086
compile_archive libopus.a "-Os -DNDEBUG -msimd128 -msse4.1 -DOPUS_BUILD -DVAR_ARRAYS -DHAVE_LRINT -DHAVE_LRINTF -DHAVE_STDINT_H \
    -DPACKAGE_VERSION='\"1.5.2\"' $presume -Iinclude -Icelt -Isilk -Isilk/float -Isrc -I." $sources
mkdir "$out/include/opus"
cp include/*.h "$out/include/opus/"
