namespace Hydra.Engine.Replay;

/// <summary>How the code of this build differs from what a journal records.</summary>
/// <param name="Message">Expected and found, in words.</param>
internal sealed record Mismatch(string Message)
{
    public const string FailureType = "Hydra.ReplayMismatch";

    public Failure ToFailure() => new(FailureType, Message);
}
