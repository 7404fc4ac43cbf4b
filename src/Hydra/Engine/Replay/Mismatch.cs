namespace Hydra.Engine.Replay;

/// <summary>How the code of this build differs from what a journal records.</summary>
/// <param name="Message">Expected and found, in words.</param>
/// <param name="IsUnreadable">Whether it differs by what this build cannot read at all.</param>
internal sealed record Mismatch(string Message, bool IsUnreadable = false)
{
    public const string FailureType = "Hydra.ReplayMismatch";

    public Failure ToFailure() => new(FailureType, Message);
}
