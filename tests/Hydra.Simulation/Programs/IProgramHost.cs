using System.Data.Common;

namespace Hydra.Simulation.Programs;

/// <summary>Where a program runs: live in a process, or replayed by an oracle.</summary>
internal interface IProgramHost
{
    /// <summary>Whether this is a build whose code does not match the journals that it meets.</summary>
    bool RunsOtherCode { get; }

    /// <summary>The code has made a durable call; its scheduler is current.</summary>
    void Issued();

    /// <summary>Something that takes its time and that the engine knows nothing of.</summary>
    Task ForeignAsync(TimeSpan duration, CancellationToken token);

    /// <summary>Runs the body of a step.</summary>
    Task<long> RunBodyAsync(StepPlan plan, Given given, CancellationToken token);

    /// <summary>Runs the body of a step in a transaction.</summary>
    Task<long> RunBodyAsync(StepPlan plan, DbTransaction transaction, Given given, CancellationToken token);
}
