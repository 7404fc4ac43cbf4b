namespace Hydra.Engine;

/// <summary>Runs the engine's loops in a lane, so that what follows an await waits for nobody else's work.</summary>
internal sealed class LaneScheduler(Lane lane) : TaskScheduler
{
    protected override void QueueTask(Task task) => lane.Post(new Item(this, task));

    protected override bool TryExecuteTaskInline(Task task, bool taskWasPreviouslyQueued) =>
        !taskWasPreviouslyQueued && TryExecuteTask(task);

    protected override IEnumerable<Task> GetScheduledTasks() => [];

    private sealed class Item(LaneScheduler scheduler, Task task) : IThreadPoolWorkItem
    {
        public void Execute() => scheduler.TryExecuteTask(task);
    }
}
