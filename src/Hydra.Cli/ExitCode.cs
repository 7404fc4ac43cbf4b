namespace Hydra.Cli;

/// <summary>What the process answers to the shell.</summary>
internal static class ExitCode
{
    public const int Done = 0;

    public const int Failed = 1;

    public const int Usage = 2;

    public const int NotFound = 3;
}
