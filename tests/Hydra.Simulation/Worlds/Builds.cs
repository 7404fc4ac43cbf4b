namespace Hydra.Simulation.Worlds;

/// <summary>The builds that processes run: each knows the workflow of both, and one that the other does not.</summary>
internal static class Builds
{
    public const string A = "build-a";
    public const string B = "build-b";

    public const string Shared = "program";
    public const string OnlyA = "program-a";
    public const string OnlyB = "program-b";

    public static IReadOnlyList<string> WorkflowsOf(string build) => build == A ? [Shared, OnlyA] : [Shared, OnlyB];

    public static string Other(string build) => build == A ? B : A;
}
