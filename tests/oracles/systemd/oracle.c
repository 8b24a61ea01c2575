/* Asks systemd's own code what it makes of unit files and environment files.
 *
 *     oracle SHARED CORE < requests
 *
 * SHARED and CORE are the paths of libsystemd-shared and libsystemd-core. Each request is a line: `unit PATH`
 * or `file PATH`. Each answer is a line: the assignments that systemd keeps, in hexadecimal digits, each
 * followed by a blank; or `error` if systemd refuses the whole file. The functions are internal to
 * systemd; the declarations are those of version 252.
 */
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef int (*parse_callback)(const char *unit, const char *filename, unsigned line, const char *section,
                              unsigned section_line, const char *lvalue, int ltype, const char *rvalue,
                              void *data, void *userdata);

struct table_item {
        const char *section;
        const char *lvalue;
        parse_callback parse;
        int ltype;
        void *data;
};

typedef int (*config_parse_function)(const char *unit, const char *filename, FILE *f, const char *sections,
                                     void *lookup, const void *table, int flags, void *userdata,
                                     void *ret_stat);

static void *symbol(void *library, const char *name) {
        void *found = dlsym(library, name);
        if (!found) {
                fprintf(stderr, "%s\n", dlerror());
                exit(2);
        }
        return found;
}

static void *library(const char *path) {
        void *found = dlopen(path, RTLD_NOW | RTLD_GLOBAL);
        if (!found) {
                fprintf(stderr, "%s\n", dlerror());
                exit(2);
        }
        return found;
}

static void print_list(char **list) {
        for (; list && *list; list++) {
                for (const unsigned char *byte = (const unsigned char *) *list; *byte; byte++)
                        printf("%02x", *byte);
                putchar(' ');
        }
        putchar('\n');
}

int main(int argc, char **argv) {
        if (argc != 3) {
                fprintf(stderr, "usage: oracle SHARED CORE\n");
                return 2;
        }
        void *shared = library(argv[1]);
        void *core = library(argv[2]);
        config_parse_function config_parse = (config_parse_function) symbol(shared, "config_parse");
        void *lookup = symbol(shared, "config_item_table_lookup");
        parse_callback environ_parser = (parse_callback) symbol(core, "config_parse_environ");
        int (*load_env_file)(FILE *, const char *, char ***) =
                (int (*)(FILE *, const char *, char ***)) symbol(shared, "load_env_file");
        char **(*clean)(char **, void *, void *) =
                (char **(*)(char **, void *, void *)) symbol(shared, "strv_env_clean_with_callback");

        char *line = NULL;
        size_t size = 0;
        while (getline(&line, &size, stdin) > 0) {
                line[strcspn(line, "\n")] = 0;
                const char *path = line + 5;
                char **list = NULL;
                int result;
                if (strncmp(line, "unit ", 5) == 0) {
                        struct table_item table[] = {
                                { "Service", "Environment", environ_parser, 0, &list },
                                { NULL, NULL, NULL, 0, NULL },
                        };
                        result = config_parse("oracle.service", path, NULL, "Unit\0Service\0Install\0", lookup,
                                              table, 0, NULL, NULL);
                } else if (strncmp(line, "file ", 5) == 0) {
                        result = load_env_file(NULL, path, &list);
                        if (result >= 0 && list)
                                list = clean(list, NULL, NULL);
                } else
                        return 2;
                if (result < 0)
                        puts("error");
                else
                        print_list(list);
        }
        return 0;
}
