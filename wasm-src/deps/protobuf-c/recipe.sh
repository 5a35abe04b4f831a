# SPDX-License-Identifier: MIT
compile_archive libprotobuf-c.a "-O3 -DNDEBUG -DPACKAGE_VERSION='\"1.5.1\"' -DPACKAGE_STRING='\"protobuf-c 1.5.1\"' -I." protobuf-c/protobuf-c.c
mkdir "$out/include/protobuf-c"
cp protobuf-c/protobuf-c.h "$out/include/protobuf-c/"
