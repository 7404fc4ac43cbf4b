using Hydra.Simulation.Programs;

namespace Hydra.Simulation.Sweeps;

/// <summary>A small canonical scenario: what runs, what happens to it meanwhile, and how it may end.</summary>
/// <param name="Name">What it is about.</param>
/// <param name="Programs">The programs that are started.</param>
/// <param name="Plan">Starts them, and more.</param>
/// <param name="Ends">The states in which executions may end, whatever goes wrong once.</param>
internal sealed record Story(
    string Name, Node[] Programs, Action<StoryScenario> Plan, params ExecutionState[] Ends);
