namespace Hydra.Testing;

/// <summary>What has landed, or is barred, beside what the reference keeps of executions.</summary>
internal sealed class Landings
{
    private readonly Dictionary<ExecutionId, List<StepTry>> _landed = [];

    /// <summary>What there is of an execution, bars included.</summary>
    public IReadOnlyList<StepTry> Of(ExecutionId id) => _landed.GetValueOrDefault(id) ?? [];

    /// <summary>What stands in the place of a try: its result, its bar, or nothing.</summary>
    public StepTry? Find(ExecutionId id, StepTry one) => Of(id).FirstOrDefault(
        other => other.Key == one.Key && other.Attempt == one.Attempt && other.Epoch == one.Epoch);

    public void Add(ExecutionId id, StepTry landed)
    {
        if (!_landed.TryGetValue(id, out var all))
        {
            _landed.Add(id, all = []);
        }

        all.Add(landed);
    }

    public void Forget(ExecutionId id) => _landed.Remove(id);
}
