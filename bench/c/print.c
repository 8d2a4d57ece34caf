/* A function of kustomize's that decides nothing: it reads what it is told and prints the file
   beside it, the bytes that the function of this project prints. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

int main(int argc, char **argv) {
	static char block[1 << 16];
	char name[4096];
	FILE *file;
	size_t n;
	while (read(0, block, sizeof block) > 0) {
	}
	snprintf(name, sizeof name, "%s.out", argv[0]);
	(void)argc;
	if (!(file = fopen(name, "r")))
		return 1;
	while ((n = fread(block, 1, sizeof block, file)) > 0)
		if (fwrite(block, 1, n, stdout) != n)
			return 1;
	return 0;
}
