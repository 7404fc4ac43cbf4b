namespace Hydra.Simulation.Programs;

/// <summary>A program, the workflow that runs it, and the build whose code is another.</summary>
/// <param name="Code">What it does.</param>
/// <param name="Workflow">The name of the workflow; some builds do not know it.</param>
/// <param name="MismatchedUnder">The build that cannot replay its journals, if there is one.</param>
internal sealed record ProgramPlan(Node Code, string Workflow, string? MismatchedUnder = null);
