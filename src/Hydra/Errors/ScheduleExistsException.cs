namespace Hydra;

/// <summary>A schedule of the same name exists that is another one.</summary>
/// <param name="name">The name of both.</param>
public sealed class ScheduleExistsException(string name) : HydraException(
    $"A schedule '{name}' exists with another workflow, timetable, input or other options. Nothing was changed. Put it "
    + "to replace what it is, or use another name.")
{
    /// <summary>The name of both.</summary>
    public string Name { get; } = name;
}
