namespace Hydra.Tests.Support;

/// <summary>A thread that runs its own continuations, as UI threads do, and that blocks on what it calls.</summary>
/// <remarks>
/// A continuation that is posted to it, or queued to its scheduler, would wait for the thread, and the thread for it:
/// that is told as an error, at once.
/// </remarks>
internal sealed class CallerThread : SynchronizationContext
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60); // Of real time: a hang fails the test.

    private readonly TaskCompletionSource _done = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private CallerThread()
    {
    }

    public static Task RunAsync(Action action)
    {
        var caller = new CallerThread();
        var thread = new Thread(() =>
        {
            SetSynchronizationContext(caller);
            try
            {
                var task = new Task(action);
                task.RunSynchronously(new Scheduler(caller));
                task.GetAwaiter().GetResult();
                caller._done.TrySetResult();
            }
            catch (Exception e)
            {
                caller._done.TrySetException(e);
            }
        })
        {
            IsBackground = true,
        };
        thread.Start();
        return caller._done.Task.WaitAsync(Patience);
    }

    public override SynchronizationContext CreateCopy() => this;

    public override void Post(SendOrPostCallback d, object? state) => Fail();

    private void Fail() => _done.TrySetException(
        new InvalidOperationException($"What goes on waits for the thread that waits:\n{Environment.StackTrace}"));

    private sealed class Scheduler(CallerThread caller) : TaskScheduler
    {
        protected override void QueueTask(Task task) => caller.Fail();

        protected override bool TryExecuteTaskInline(Task task, bool taskWasPreviouslyQueued) =>
            !taskWasPreviouslyQueued && TryExecuteTask(task);

        protected override IEnumerable<Task> GetScheduledTasks() => [];
    }
}
