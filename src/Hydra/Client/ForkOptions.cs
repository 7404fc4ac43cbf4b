using Hydra.Engine;

namespace Hydra;

/// <summary>What a fork has otherwise than the execution that it is made of. Immutable.</summary>
/// <remarks>
/// Values are serialized when the fork is made, as the engine serializes inputs and outputs. A <see cref="Payload"/> is
/// taken as it is.
/// </remarks>
public sealed record ForkOptions
{
    /// <summary>
    /// The idempotency key of the fork: forking again in the same way gives the same execution. By default there is
    /// none.
    /// </summary>
    public string? Key { get; init; }

    internal Func<PayloadSerializer, Payload>? WorkflowInput { get; init; }

    internal Func<PayloadSerializer, Payload>? StepInput { get; init; }

    internal Func<PayloadSerializer, Payload>? StepOutput { get; init; }

    /// <summary>
    /// Gives the workflow another input. What was recorded before the step must still be what its code asks for with
    /// that; where it is not, the fork is blocked, and says in words how the two differ.
    /// </summary>
    /// <typeparam name="T">The type of the workflow's input.</typeparam>
    /// <param name="input">The input.</param>
    public ForkOptions WithWorkflowInput<T>(T input) =>
        this with { WorkflowInput = Writer(input, "The input of the workflow") };

    /// <summary>Gives the body of the step another input, whatever the workflow's code gives it.</summary>
    /// <typeparam name="T">The type of the step's input.</typeparam>
    /// <param name="input">The input.</param>
    public ForkOptions WithStepInput<T>(T input) => this with { StepInput = Writer(input, "The input of the step") };

    /// <summary>Gives the step this outcome: its body does not run.</summary>
    /// <typeparam name="T">The type of the step's output.</typeparam>
    /// <param name="output">The output.</param>
    public ForkOptions WithStepOutput<T>(T output) =>
        this with { StepOutput = Writer(output, "The output of the step") };

    internal void Validate()
    {
        if (StepInput is not null && StepOutput is not null)
        {
            throw new ArgumentException("Give the step another input or its outcome, not both.");
        }
    }

    private static Func<PayloadSerializer, Payload> Writer<T>(T value, string what) => serializer =>
        value is Payload payload ? serializer.Check(payload, what) : serializer.Write(value, what);
}
