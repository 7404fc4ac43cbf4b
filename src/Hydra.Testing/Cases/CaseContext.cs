namespace Hydra.Testing;

/// <summary>The case that is running and its token, so that not every helper has to pass them on.</summary>
internal static class CaseContext
{
    private static readonly AsyncLocal<(string Name, CancellationToken Token)> Flowing = new();

    /// <summary>The name of the case.</summary>
    public static string Name => Flowing.Value.Name ?? "";

    /// <summary>Gives up the case.</summary>
    public static CancellationToken Token => Flowing.Value.Token;

    public static void Enter(string name, CancellationToken token) => Flowing.Value = (name, token);
}
