/* SPDX-License-Identifier: MIT */
/* seeds FOLDER - runs a fuzz harness over every file of a folder, every truncation of it, and altered copies. No fuzzer needed. */
#include <dirent.h>
#include <string.h>

#include "base/rand.h"
#include "fuzz/fuzz.h"

#define SEED_MAX (64 * 1024)
#define TRUNCATIONS_MAX 256 /* of longer seeds not every length is tried */
#define ALTERED_BYTES (256 * 1024) /* of altered copies, for each seed */

/* An exact copy on the heap, so that a sanitizer sees a read beyond its end. */
static void run(const uint8_t *data, size_t len)
{
    uint8_t *copy = malloc(len ? len : 1);
    MUST(copy);
    memcpy(copy, data, len);
    LLVMFuzzerTestOneInput(copy, len);
    free(copy);
}

static void run_altered(const uint8_t *data, size_t len, uint64_t seed)
{
    static uint8_t altered[SEED_MAX];
    struct rng r = {seed};
    for (size_t left = len ? ALTERED_BYTES / len : 0; left > 0; left--) {
        memcpy(altered, data, len);
        for (uint64_t n = 1 + rng_below(&r, 4); n > 0; n--)
            altered[rng_below(&r, len)] = (uint8_t)rng_next(&r);
        run(altered, len);
    }
}

static size_t run_file(const char *path)
{
    static uint8_t data[SEED_MAX];
    FILE *f = fopen(path, "rb");
    if (!f)
        return 0;
    size_t len = fread(data, 1, sizeof data, f);
    fclose(f);
    for (size_t n = 0; n < len; n += 1 + len / TRUNCATIONS_MAX)
        run(data, n);
    run(data, len);
    run_altered(data, len, len);
    return 1;
}

int main(int argc, char **argv)
{
    char path[1024];
    size_t files = 0;
    DIR *dir = argc == 2 ? opendir(argv[1]) : NULL;
    if (!dir) {
        fprintf(stderr, "usage: seeds FOLDER\n");
        return 2;
    }
    for (struct dirent *e; (e = readdir(dir));) {
        snprintf(path, sizeof path, "%s/%s", argv[1], e->d_name);
        files += e->d_name[0] != '.' ? run_file(path) : 0;
    }
    closedir(dir);
    printf("%zu seeds\n", files);
    return files ? 0 : 1;
}
