using Hydra.Simulation.Programs;
using Hydra.Simulation.Worlds;

namespace Hydra.Simulation.Sweeps;

/// <summary>A small canonical scenario: what runs, what happens to it meanwhile, and how it may end.</summary>
/// <param name="Name">What it is about.</param>
/// <param name="Programs">The programs that are started.</param>
/// <param name="Plan">Starts them, and more.</param>
/// <param name="Ends">The states in which executions may end, whatever goes wrong.</param>
internal sealed record Story(
    string Name, ProgramPlan[] Programs, Action<StoryScenario> Plan, params ExecutionState[] Ends)
{
    /// <summary>Tells of code that is the same in every build.</summary>
    public Story(string name, Node[] programs, Action<StoryScenario> plan, params ExecutionState[] ends)
        : this(name, Array.ConvertAll(programs, static code => new ProgramPlan(code, Builds.Shared)), plan, ends)
    {
    }

    /// <summary>A state that an execution is in on the way, when nothing fails.</summary>
    public ExecutionState? Through { get; init; }

    /// <summary>From when on, in seconds, nothing happens in it that has to be recovered from.</summary>
    public double QuietFrom { get; init; }

    /// <summary>Whether the store tells one machine what another has made due, so that notices may fail too.</summary>
    public bool Notices { get; init; }

    /// <summary>From when on, in seconds, calls of the store fail.</summary>
    public double SweptFrom { get; init; }

    /// <summary>Whether a schedule starts its executions.</summary>
    public bool HasSchedules { get; init; }

    /// <summary>How many of its executions are deleted in the end; none where it is null.</summary>
    public int? Deletes { get; init; }

    /// <summary>Whether machines change from one build to another meanwhile.</summary>
    public bool IsRolling { get; init; }
}
