namespace Hydra.Engine.Replay;

/// <content>What a fork gives to a step.</content>
internal sealed partial class TurnLoop
{
    /// <summary>Where a fork gives the body another input, that is the call's: recorded and compared as well.</summary>
    public void TakeGivenInput<TInput>(
        string key, PayloadSerializer serializer, ref TInput input, ref Payload payload)
    {
        if (_journal.GivenInput(key) is not { IsNone: false } given)
        {
            return;
        }

        try
        {
            (input, payload) = (serializer.Read<TInput>(given), given);
        }
        catch (PayloadException e)
        {
            Refuse(new Mismatch($"The input that the fork gives step '{key}' cannot be read. {e.Message}"));
        }
    }
}
