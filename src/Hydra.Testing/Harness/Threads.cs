namespace Hydra.Testing;

/// <summary>Runs work on threads of its own that all begin at the same moment.</summary>
internal static class Threads
{
    /// <summary>Runs each piece of work on a thread until all are done; the first failure is thrown.</summary>
    public static async Task RunAsync(IEnumerable<Func<Task>> works)
    {
        var pieces = works.ToList();
        using var barrier = new Barrier(pieces.Count);
        var running = pieces.ConvertAll(work => Task.Factory.StartNew(
            () =>
            {
                barrier.SignalAndWait();
                work().GetAwaiter().GetResult();
            },
            CancellationToken.None,
            TaskCreationOptions.LongRunning,
            TaskScheduler.Default));
        await Task.WhenAll(running);
    }

    public static Task RunAsync(params Func<Task>[] works) => RunAsync(works.AsEnumerable());
}
