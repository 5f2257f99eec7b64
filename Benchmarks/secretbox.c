// The peer: libsodium's crypto_secretbox over a whole file in memory.   secretbox encrypt|decrypt INPUT OUTPUT KEY
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static unsigned char *slurp(const char *path, size_t *count) {
    FILE *file = fopen(path, "rb");
    if (!file) exit(1);
    fseek(file, 0, SEEK_END);
    *count = (size_t)ftell(file);
    rewind(file);
    unsigned char *bytes = malloc(*count ? *count : 1);
    if (fread(bytes, 1, *count, file) != *count) exit(1);
    fclose(file);
    return bytes;
}

int main(int argc, char **argv) {
    if (argc != 5 || sodium_init() < 0) return 64;
    size_t count, key_count;
    unsigned char *input = slurp(argv[2], &count), *key = slurp(argv[4], &key_count), *output;
    size_t written;
    if (strcmp(argv[1], "encrypt") == 0) {
        output = malloc(count + 40);
        randombytes_buf(output, 24);
        crypto_secretbox_easy(output + 24, input, count, output, key);
        written = count + 40;
    } else {
        output = malloc(count);
        if (crypto_secretbox_open_easy(output, input + 24, count - 24, input, key) != 0) return 1;
        written = count - 40;
    }
    FILE *file = fopen(argv[3], "wb");
    fwrite(output, 1, written, file);
    return fclose(file);
}
