# SPDX-License-Identifier: MIT
# libvpx as if for ARM64: its NEON intrinsics reach SIMD128 through SIMDe and our arm_neon.h. There is more NEON in C than SSE in C, and
# libvpx left to the compiler's own vectorising is 3 times slower. Errors in a stream longjmp, by way of WASM exceptions.
simde=/usr/include
[ -e $simde/simde/arm/neon.h ] || { echo "SIMDe is missing: install the package libsimde-dev"; exit 1; }
mkdir shim
cp "$here/arm_neon.h" shim/
ln -s $simde/simde shim/simde

# The one NEON function that keeps addresses in 64-bit lanes; its portable twin gives the same result.
sed -i '/specialize qw.vp9_diamond_search_sad/d' vp9/common/vp9_rtcd_defs.pl

# configure believes in an ARM64 gcc; the wrapper drops what only that understands.
cat >cc <<'WRAPPER'
#!/bin/bash
for arg; do
    shift
    case $arg in -march=*) ;; *) set -- "$@" "$arg" ;; esac
done
exec emcc "$@"
WRAPPER
chmod +x cc

CC=$PWD/cc LD=$PWD/cc AR=emar NM=emnm STRIP=true ./configure --target=arm64-linux-gcc --prefix="$out" \
    --extra-cflags="-O3 -DNDEBUG -msimd128 -mbulk-memory -mnontrapping-fptoint -sSUPPORT_LONGJMP=wasm -I$PWD/shim" \
    --enable-realtime-only --disable-multithread --disable-runtime-cpu-detect --disable-neon-dotprod --disable-neon-i8mm --disable-sve \
    --disable-sve2 --disable-vp9-highbitdepth --enable-vp9-temporal-denoising --size-limit=4096x2304 --disable-examples --disable-tools \
    --disable-docs --disable-unit-tests --disable-webm-io --disable-libyuv --disable-postproc --disable-vp9-postproc --disable-dependency-tracking
make -j"$(nproc)" libvpx.a
cp libvpx.a "$out/lib/"
mkdir "$out/include/vpx"
cp vpx/vp8.h vpx/vp8cx.h vpx/vp8dx.h vpx/vpx_codec.h vpx/vpx_decoder.h vpx/vpx_encoder.h vpx/vpx_ext_ratectrl.h vpx/vpx_frame_buffer.h \
    vpx/vpx_image.h vpx/vpx_integer.h vpx/vpx_tpl.h "$out/include/vpx/"
