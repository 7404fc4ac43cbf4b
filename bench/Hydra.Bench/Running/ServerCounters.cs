namespace Hydra.Bench;

/// <summary>What a database server has done since it began, as far as it can be told.</summary>
/// <param name="CpuSeconds">Processor time of all its processes; null where they run elsewhere.</param>
/// <param name="LogBytes">Bytes of its write-ahead log.</param>
/// <param name="Commits">Transactions that wrote.</param>
/// <param name="DeadTuples">Row versions of the benchmark's tables that wait to be cleaned up, now.</param>
internal sealed record ServerCounters(double? CpuSeconds, long LogBytes, long Commits, long DeadTuples);
