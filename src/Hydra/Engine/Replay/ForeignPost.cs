namespace Hydra.Engine.Replay;

/// <summary>A continuation that was posted to a workflow's scheduler from outside.</summary>
/// <param name="Callback">What is to run.</param>
/// <param name="State">What it is given.</param>
/// <param name="Era">The context that was current when the await began; null for the first.</param>
/// <param name="MayOverlap">Whether it is in its place beside others all the same.</param>
internal readonly record struct ForeignPost(
    SendOrPostCallback Callback, object? State, SynchronizationContext? Era, bool MayOverlap);
