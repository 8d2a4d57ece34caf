/* Runs a program and writes the most memory that it had resident, in KiB, to a file. It is small:
   what starts a process lends it its own size. Usage: peak FILE PROGRAM ARGUMENTS... */
#include <stdio.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

int main(int argc, char **argv) {
	struct rusage used;
	int status;
	FILE *file;
	pid_t child = argc > 2 ? fork() : -1;
	if (child < 0)
		return 2;
	if (child == 0) {
		execv(argv[2], argv + 2);
		_exit(2);
	}
	if (wait4(child, &status, 0, &used) < 0 || !(file = fopen(argv[1], "w")))
		return 2;
	fprintf(file, "%ld\n", used.ru_maxrss);
	fclose(file);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 2;
}
