using Xunit.v3;

// Nearly all of them wait for a disk or a server most of the time.
[assembly: Parallelization(MaxThreads = 6)]
