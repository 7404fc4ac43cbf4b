namespace Hydra;

/// <summary>A schedule as its author describes it: what it starts, when, and with what.</summary>
/// <param name="Name">Its name, unique within the namespace, up to 200 characters without '#'.</param>
/// <param name="Workflow">The durable name of the workflow; it need not be registered in this process.</param>
/// <param name="Timetable">When it starts executions.</param>
public sealed record Schedule(string Name, string Workflow, Timetable Timetable)
{
    /// <summary>What its executions are given. The default is nothing, for workflows that take none.</summary>
    public Payload Input { get; init; }

    /// <summary>How it behaves. The defaults are those of <see cref="ScheduleOptions"/>.</summary>
    public ScheduleOptions Options { get; init; } = new();

    internal void Validate()
    {
        Names.Validate(Name, "The name of a schedule", Limits.MaxNameLength);
        Names.Validate(Workflow, "The name of a workflow", Limits.MaxNameLength);
        ArgumentNullException.ThrowIfNull(Timetable);
        ArgumentNullException.ThrowIfNull(Options);
        Options.Validate();
    }
}
