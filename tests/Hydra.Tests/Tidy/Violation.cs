namespace Hydra.Tests.Tidy;

/// <summary>A place where the source breaks a rule, written so that an editor can open it.</summary>
internal sealed record Violation(string Path, int Line, string Message)
{
    public override string ToString() => $"{Path}:{Line}: {Message}";
}
