namespace Hydra.Engine;

/// <summary>
/// The recorded input of an execution is not what today's workflow takes. It ends nothing: the execution waits for a
/// build that can read it, and its bytes stay as they are.
/// </summary>
internal sealed class UnreadableInputException(PayloadException inner)
    : Exception($"The input of the workflow cannot be read by this build. {inner.Message}", inner);
