/* new.c: `tidelock new NAME`: makes a folder with a small app, its spec and a README, out of what lua/template holds.
 * Overwrites nothing; where it fails, it takes away again what it made. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/mem.h"
#include "cli/command.h"

static const char placeholder[] = "{{name}}";

/* The last part of the path, which is the app's name: it goes into Lua strings and commands, so it is a plain word. */
static const char *name_in(const char *path) {
  const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
  static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_";
  return *name && *name != '-' && !name[strspn(name, letters)] ? name : NULL;
}

static void fill_in(tl_buf *out, const tl_template_file *file, const char *name) {
  const char *from = file->text, *found;
  while ((found = strstr(from, placeholder))) {
    tl_buf_put(out, from, (size_t)(found - from));
    tl_buf_puts(out, name);
    from = found + strlen(placeholder);
  }
  tl_buf_puts(out, from);
}

static int write_file(const char *path, const tl_buf *text) {
  FILE *f = fopen(path, "wx");
  if (!f) return -1;
  size_t written = fwrite(text->data, 1, text->len, f);
  return fclose(f) || written != text->len ? -1 : 0;
}

static const char *path_of(tl_buf *out, const char *folder, const char *file) {
  tl_buf_clear(out);
  tl_buf_printf(out, "%s/%s", folder, file);
  return tl_buf_cstr(out);
}

static void take_away(const char *folder, size_t files) {
  tl_buf path = {0};
  for (size_t i = 0; i < files; i++) unlink(path_of(&path, folder, tl_template[i].name));
  rmdir(folder);
  tl_buf_free(&path);
}

static int fail(const char *path, const char *why) {
  fprintf(stderr, "tidelock: %s: %s\n", path, why);
  return 1;
}

static int write_files(const char *folder, const char *name) {
  tl_buf path = {0}, text = {0};
  int code = 0;
  for (size_t i = 0; !code && tl_template[i].name; i++) {
    const char *file = path_of(&path, folder, tl_template[i].name);
    tl_buf_clear(&text);
    fill_in(&text, &tl_template[i], name);
    if (!write_file(file, &text)) continue;
    code = fail(file, strerror(errno));
    take_away(folder, i + 1);
  }
  tl_buf_free(&path);
  tl_buf_free(&text);
  return code;
}

static void print_next_steps(const char *folder) {
  printf("%s has an app: main.lua, its spec main_spec.lua, and a README.md. Next:\n"
         "\n"
         "  cd %s\n"
         "  tidelock run main.lua          serves it, and prints the address to open\n"
         "  tidelock test main_spec.lua    runs its spec\n"
         "  tidelock check                 looks for mistakes in what you change\n",
         folder, folder);
}

static int make(const char *folder) {
  const char *name = name_in(folder);
  if (!name)
    return tl_cli_wrong_usage(
        "the app's NAME is made of letters, digits, - and _, for example my-app, and is not \"%s\"", folder);
  if (mkdir(folder, 0777)) {
    if (errno == EEXIST) return fail(folder, "this is there already, and nothing was written; take another name");
    if (errno == ENOENT) return fail(folder, "the folder that it would be made in is not there");
    return fail(folder, strerror(errno));
  }
  int code = write_files(folder, name);
  if (!code) print_next_steps(folder);
  return code;
}

int tl_cli_new(int argc, char **argv) {
  if (argc < 1) return tl_cli_wrong_usage("new needs the app's NAME, for example my-app%s", "");
  if (argv[0][0] == '-') return tl_cli_wrong_usage("unknown option %s", argv[0]);
  if (argc > 1) return tl_cli_wrong_usage("one NAME is enough; what is %s?", argv[1]);
  size_t len = strlen(argv[0]);
  while (len > 1 && argv[0][len - 1] == '/') len--;
  char *folder = tl_strndup(argv[0], len);
  int code = make(folder);
  tl_free(folder);
  return code;
}
