namespace Hydra.Simulation.Worlds;

/// <summary>
/// What somebody wants of schedules: asked of any process that is up, again and again until it is so, whatever fails.
/// </summary>
internal sealed class ScheduleWishes(Scenario scenario)
{
    private static readonly TimeSpan Again = TimeSpan.FromSeconds(2);

    /// <param name="want">What is asked for.</param>
    /// <param name="isDone">Whether it is so.</param>
    /// <param name="then">Called once it is.</param>
    public void Insist(Func<IScheduleClient, Task> want, Func<bool> isDone, Action? then = null)
    {
        if (isDone())
        {
            then?.Invoke();
            return;
        }

        if (Array.Find(scenario.Machines, machine => machine.IsUp) is { } machine)
        {
            Ask(machine, want);
        }

        scenario.World.Schedule(Again, () => Insist(want, isDone, then));
    }

    public static void Ask(Machine machine, Func<IScheduleClient, Task> want)
    {
        if (machine.IsUp)
        {
            _ = machine.Process!.Enter(() => AskAsync(machine.Engine!.Client.Schedules, want));
        }
    }

    private static async Task AskAsync(IScheduleClient schedules, Func<IScheduleClient, Task> want)
    {
        try
        {
            await want(schedules);
        }
        catch (Exception) // It is wanted again soon.
        {
        }
    }
}
